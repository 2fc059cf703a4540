"""What we know: orders, people, ad spend, panels, decisions, schedules, posts, and the facts made from them."""
