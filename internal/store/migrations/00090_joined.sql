-- Who is another's person, so that those found by name need not be looked up one by
-- one for it. Columns as in 00046.

-- +goose Up

CREATE INDEX view_person_joined ON view_person (community_id, identity_id, person_id) WHERE person_id <> identity_id;

-- +goose Down
SELECT 1;
