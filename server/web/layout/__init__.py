"""What every page has in common: the frame, the templates' engine, plain words for codes, forms, assets, error pages."""
