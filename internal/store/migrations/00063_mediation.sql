-- Disputes that were moved to private talk with a mediator. Columns as in 00001.

-- +goose Up

CREATE TABLE mediation ( -- state: of each card the latest; what came before is among its rulings and in the case log
  community_id BIGINT NOT NULL,
  review_id    BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- of the command that named the mediator
  mediator     BIGINT NOT NULL, -- staff
  opened_by    BIGINT NOT NULL, -- staff
  opened_at    BIGINT NOT NULL,
  outcome      TEXT   NOT NULL, -- settled, unsettled, '': they are talking
  ended_at     BIGINT NOT NULL, -- 0: they are talking
  PRIMARY KEY (community_id, review_id)
) WITHOUT ROWID;

-- +goose Down
SELECT 1;
