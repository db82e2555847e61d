"""Exports: how the rows of a connection get into a file, and who downloads it.

- `pages`: a page of rows, and what reads one.
- `encoding`: a page as a part of the file, in JSON Lines or CSV.
- `writer`: what the worker does: it writes a page after the other, with the rights of that moment.
- `links`: the signed links by which an asker downloads its file.
"""
