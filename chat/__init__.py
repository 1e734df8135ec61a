"""What a conversation is: messages, understanding, one turn, delivery."""
