"""The composition: settings, urls, tasks and the small tools in lib/ that know no app."""
