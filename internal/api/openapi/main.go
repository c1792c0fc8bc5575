// Command openapi writes the API's OpenAPI document:
//
//	go run ./internal/api/openapi > web/api/openapi.json
package main

import (
	"fmt"
	"os"

	"qunying/internal/api"
)

func main() {
	b, err := api.Document()
	if err == nil {
		_, err = os.Stdout.Write(b)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
