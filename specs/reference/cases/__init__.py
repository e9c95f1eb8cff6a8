"""The cases of specs/vectors/, one module a file."""
