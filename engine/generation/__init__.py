"""What a picture is asked to show: colour names, attributes, and the reading of them from text. No network."""
