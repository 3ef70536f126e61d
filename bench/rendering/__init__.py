"""What ./dev bench render is made of: the mails, the engines, what they use of the processor, the pictures."""
