"""How every screen of the field app runs; small, and made to be copied into another Kivy app.

- `effects`: events, and what a screen may want done, as values. No Kivy: `update(state, event)` is tested without a window.
- `desk`: what the app gives a screen.
- `screen`: the loop: event -> `update` -> new state -> drawn -> effects performed, elsewhere where they take long.
- `glass`: the window: Back (the key's and the gesture's), the bars it lies under, the keyboard, frames only while something
  moves.

`docs/a-screen-in-an-hour.md` makes a screen with them. Nothing is imported here: the pure parts stay free of Kivy.
"""
