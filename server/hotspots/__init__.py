"""Where rough sleeping concentrates: the statistic that teams use, and the map that a commissioner may see."""
