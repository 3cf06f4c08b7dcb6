module beachhead/tests/confd

go 1.19
