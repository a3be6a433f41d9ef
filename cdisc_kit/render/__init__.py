"""What people read: define.html, findings and other pages made from finished outputs."""
