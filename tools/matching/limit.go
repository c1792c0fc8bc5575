//go:build hyperscan

package main

import "qunying/tools/matching/hyperscan"

func init() {
	candidates = append(candidates, candidate{"Hyperscan", func(words []string, texts []string) (func() int, error) {
		db, err := hyperscan.Compile(words)
		if err != nil {
			return nil, err
		}
		var all []byte
		var ends []uint32
		for _, t := range texts {
			all = append(all, t...)
			ends = append(ends, uint32(len(all)))
		}
		return func() int {
			n, err := db.ScanAll(all, ends)
			if err != nil {
				panic(err)
			}
			return int(n)
		}, nil
	}})
}
