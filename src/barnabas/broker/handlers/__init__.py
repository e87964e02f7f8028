"""One module per API: authorise, convert, call one collaborator, convert back."""
