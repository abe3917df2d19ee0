"""Server-rendered pages, one package per audience; audiences never import one another and share only `server.web.layout`."""
