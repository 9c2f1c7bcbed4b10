"""The schema ``dbml`` itself: its revisions, and the code that is made anew after them."""
