"""The rules of a box office: values in, values out."""
