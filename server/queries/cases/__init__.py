"""Cases on the districts' MDT lists, their actions, their order, and what is counted of them."""
