"""What the pages show on which people read items and decide: values in, values out."""
