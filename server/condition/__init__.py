"""How a running server is: what an operator, a watching system and whoever administers should hear of."""
