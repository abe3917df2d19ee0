"""What every answer and every request has in common: who asks, what protects the browser, how a failure is told.

Pages and sync build on it; it knows neither of them.
"""
