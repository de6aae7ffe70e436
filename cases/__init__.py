"""What people decided, in SQL. Records are about content, never a register of persons."""
