"""Staff in their chats: notices with buttons that act on cases, and urgent ones that come again until somebody has it.

`turns` is the way of every message and press from a chat of staff; `seats` says who sits there and which case they may
touch; `acts` makes what a press does to a case; `drafts` is what staff write to a parent, shown back before it leaves;
`notices` is how a letter to a role looks in a chat; `letters` makes the letters of an act; `repeating` is the clock's
part. Everything that a press does is one act, written with the press in one transaction and journalled under the role.
"""
