"""The screens of the field app, one folder each: `state.py` decides (pure), `screen.py` binds, `screen.kv` lays out."""
