"beside the link"
