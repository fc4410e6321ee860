"""What can a newcomer look at? Small real trainings, recorded as a team would have left them."""
