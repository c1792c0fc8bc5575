//go:build linux

// qunying-archive is the helper process of the chat archive's connector: it loads
// WeCom's library, which is why it is a program of its own (a crash there ends
// this process and nothing else), and answers the server over its standard input
// and output. Nobody starts it by hand.
package main

import (
	"fmt"
	"os"
	"syscall"

	"qunying/connector/wecomarchive/finance"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "qunying-archive:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 1 {
		return fmt.Errorf("it takes no arguments: qunying serve starts it")
	}
	// A core file would hold the secrets.
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return err
	}
	// What the library prints must not come between the answers.
	answers, err := syscall.Dup(syscall.Stdout)
	if err != nil {
		return err
	}
	syscall.CloseOnExec(answers)
	if err := syscall.Dup3(syscall.Stderr, syscall.Stdout, 0); err != nil {
		return err
	}
	return finance.Serve(os.Stdin, os.NewFile(uintptr(answers), "answers"))
}
