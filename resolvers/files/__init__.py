"""Files: what the gateway serves or accepts outside GraphQL, such as letters of authorisation (PDF) and images.

- urls: the URL of an object's file; `File` is the entry point, a file as it is served
- letter: renders a port's letter of authorisation
- typesetting: writes text of any script into a PDF
- image_decoding: decodes, checks and re-encodes uploaded images
"""
