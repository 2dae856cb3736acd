"""Who a person is: personal identifiers, names, dates of birth."""
