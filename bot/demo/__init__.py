"""The demonstration: sample complaints travel the whole path, in front of the reader's eyes."""
