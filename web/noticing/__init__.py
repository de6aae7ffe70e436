"""The pages of notices: what they show, and what their forms say."""
