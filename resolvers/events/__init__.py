"""Events: subscribers of a type hear of a change together, and viewers who get the same answer share it.

roster    the viewers of all subscribers, compared with their current facts by one statement
verdicts  which viewers can read a changed row, by one statement for each decision of policy
answers   answers that several subscribers get, executed for a viewer without anything that tells them apart
hub       one per type: takes each change once, and passes it on
"""
