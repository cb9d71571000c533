"""Who looks after the whole: measures taken every 20 seconds, rules judged on them, people told."""
