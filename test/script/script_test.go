// Package script runs every documented command against a real node: each
// .txtar file is a session as a person would type it.
package script

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir/internal/cli"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/node"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir": func() {
			os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Getenv))
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	new(sqlang.Compiler).Warm() // once for all nodes, before they all start at once
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture": capture,
			"as":      as,
			"produce": produce,
			"until":   until,
		},
		RequireUniqueNames: true,
	})
}

// setup starts a node of its own for each script, and acts as its admin.
func setup(env *testscript.Env) error {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	data := filepath.Join(env.WorkDir, "weir-data")
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: data, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Version: "test",
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error {
			ready <- n
			return nil
		})
	}()
	env.Defer(func() {
		cancel()
		if err := <-ended; err != nil {
			env.T().Log("the node ended with:", err)
			env.T().FailNow()
		}
	})
	select {
	case n := <-ready:
		f := n.Founding()
		env.Setenv("URL", "http://"+n.HTTP())
		env.Setenv("KAFKA", n.Kafka())
		env.Setenv("ADMIN_PASSWORD", f.Password)
		env.Setenv("WEIR_URL", "http://"+n.HTTP())
		env.Setenv("WEIR_TOKEN", f.Token)
		env.Setenv("WEIR_CONFIG", filepath.Join(env.WorkDir, "contexts.json"))
		return nil
	case err := <-ended:
		ended <- err
		return err
	}
}

// capture sets a variable to a field of the JSON that the last command printed:
// capture VARIABLE FIELD.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture VARIABLE FIELD")
	}
	var v map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	s, ok := v[args[1]].(string)
	if !ok {
		ts.Fatalf("there is no text %q in %s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], s)
}

// as makes a person, in the teams named, whom the commands after it act as:
// as PERSON [TEAM...]. as admin is the admin again.
func as(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: as PERSON [TEAM...]")
	}
	if ts.Getenv("ADMIN_TOKEN") == "" {
		ts.Setenv("ADMIN_TOKEN", ts.Getenv("WEIR_TOKEN"))
	}
	ts.Setenv("WEIR_TOKEN", ts.Getenv("ADMIN_TOKEN"))
	if args[0] == "admin" {
		return
	}
	if ts.Exec("weir", "person", "show", args[0]) != nil {
		ts.Check(ts.Exec("weir", "person", "create", args[0]))
	}
	for _, team := range args[1:] {
		ts.Check(ts.Exec("weir", "team", "add", team, args[0]))
	}
	ts.Check(ts.Exec("weir", "token", "create", "--for", args[0], "-o", "json"))
	var tok struct {
		Token string `json:"token"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &tok))
	ts.Setenv("WEIR_TOKEN", tok.Token)
}

// TestEveryCommandIsInAScript fails for a command of the reference that no
// script runs.
func TestEveryCommandIsInAScript(t *testing.T) {
	t.Parallel()
	ref, err := os.ReadFile("../../docs/reference/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var scripts strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(b)
	}
	for _, block := range regexp.MustCompile("(?s)\n## (weir [^\n]+)\n.*?\n```\n(weir [^\n]+)\n").FindAllStringSubmatch(string(ref), -1) {
		name := block[1]
		switch name {
		case "weir up", "weir admin reset":
			continue // they need a process of their own: test/accept, and TestReset in internal/node
		}
		if strings.Count(name, " ") == 1 && !strings.Contains(block[2], "[flags]") {
			continue
		}
		if isNoun(name, string(ref)) {
			continue
		}
		if !regexp.MustCompile(`(?m)^!? ?(exec )?` + name + `\b`).MatchString(scripts.String()) {
			t.Errorf("no script runs %q", name)
		}
	}
}

// isNoun reports whether a command only has others below it.
func isNoun(name, ref string) bool { return strings.Contains(ref, "\n## "+name+" ") }

// produce writes the lines KEY:VALUE of a file to a topic, as the application
// writer with PASSWORD: produce TOPIC FILE.
func produce(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] produce TOPIC FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(ts.Getenv("KAFKA")),
		kgo.SASL(scram.Auth{User: "writer", Pass: ts.Getenv("PASSWORD")}.AsSha256Mechanism()),
		kgo.UnknownTopicRetries(2), kgo.MetadataMinAge(20*time.Millisecond))
	ts.Check(err)
	defer client.Close()
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		err := client.ProduceSync(ctx, &kgo.Record{Topic: args[0], Key: []byte(key), Value: []byte(value)}).FirstErr()
		if neg {
			if err == nil {
				ts.Fatalf("%s took %q", args[0], line)
			}
			return
		}
		ts.Check(err)
	}
}

// until runs weir again and again until its output matches a pattern, for ten
// seconds: until PATTERN ARGUMENT...
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN ARGUMENT...")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		ts.Check(ts.Exec("weir", args[1:]...))
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no match for %q", args[0])
		}
	}
}
