"""The figures of reports, as pure functions of the register's rows, and the papers and tables that show them. No figure here names a person."""
