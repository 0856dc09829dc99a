"""All the runs that there are: listed, sorted, compared. Nothing here loads TensorFlow, or runs what a folder holds."""
