package wecomarchive

import (
	"maps"
	"slices"
	"testing"

	"qunying/connector/connectortest"
)

// Whatever an action fails with, people are told in their language what to do.
func TestEveryTroubleHasWords(t *testing.T) {
	connectortest.Trouble(t, "wecom-archive", slices.Concat(slices.Collect(maps.Keys(meanings)), passing, forbidding)...)
}
