//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "qunying-archive: WeCom offers its archive library for Linux only")
	os.Exit(1)
}
