// Command weir is the data mesh you can download: node, command line and all.
package main

import (
	"os"

	"github.com/weirmesh/weir/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Getenv))
}
