-- Which touch of the subject a fact is about, so that a step computes the touches that were spoken of and not everything the subject ever did; '' for all other facts.
ALTER TABLE changes ADD COLUMN IF NOT EXISTS touch String;
