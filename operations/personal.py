"""What the watch keeps about people (ticketing/lib/personal.py): addresses of who gets its alarms."""

from ticketing.lib.personal import Kept, Until, declare

declare("operations.Minute", rest="processes events")
declare("operations.Meter", rest="kind name outcome sketch")
declare("operations.Sample", rest="values")
declare("operations.Rule", rest="name title measure unit points")
declare("operations.Channel", rest="secret", address=Kept(whose="team", why="Where alarms go.", until=Until.ACCOUNT))
declare("operations.Telling", rest="last_error")
declare("operations.Recording", rest="span parent kind name outcome why link facts spans")
declare("operations.Deploy", rest="version")
