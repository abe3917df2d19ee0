"""What the phone can do, one service a concern. Screens talk to `field.FieldService` and to nothing else."""
