"""Which version this is: of the server, of the app on phones, and of the package that holds both."""

VERSION = "0.1.0"
