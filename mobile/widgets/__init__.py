"""The building blocks of every screen: measured layouts, buttons, tiles, rows, fields, the map.

They know no screen and no service.
"""
