"""The figures of ``make bench``: each file measures one part, each figure is one async function."""
