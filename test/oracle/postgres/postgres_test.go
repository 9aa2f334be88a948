// Package postgres_test compares what we compute with what PostgreSQL does. It
// starts one of Debian's own, in a folder that goes away again.
package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a PostgreSQL that listens on a socket in a folder of its own.
type server struct {
	bin, dir string
	as       *syscall.SysProcAttr // PostgreSQL refuses to run as root
}

// mustServer starts one; without the package it skips, in CI it fails.
func mustServer(t *testing.T) *server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no PostgreSQL: scripts/tools --install")
		}
		t.Skip("SKIPPED: THERE IS NO POSTGRESQL TO COMPARE WITH: scripts/tools --install")
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &server{bin: filepath.Dir(found[len(found)-1]), dir: dir}
	s.leaveRoot(t)
	s.must(t, nil, "initdb", "-D", filepath.Join(dir, "data"), "-A", "trust", "-U", "weir", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	s.run(t)
	return s
}

// leaveRoot runs the programs as another user if this is root.
func (s *server) leaveRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	who, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	if err := os.Chown(s.dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	s.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (s *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	c.Dir, c.SysProcAttr = s.dir, s.as
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + s.dir}
	return c
}

func (s *server) must(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	c := s.command(t.Context(), name, args...)
	c.Stdin = bytes.NewReader(in)
	var out, wrong bytes.Buffer
	c.Stdout, c.Stderr = &out, &wrong
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%.2000s", name, err, wrong.String())
	}
	return out.Bytes()
}

// run starts the server, and stops it when the test is over.
func (s *server) run(t *testing.T) {
	t.Helper()
	log := new(bytes.Buffer)
	c := s.command(context.WithoutCancel(t.Context()), "postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off")
	c.Stderr = log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	for end := time.Now().Add(time.Minute); ; {
		err := s.command(t.Context(), "pg_isready", "-q", "-h", s.dir).Run()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return
		case !errors.As(err, &exit) || time.Now().After(end) || t.Context().Err() != nil:
			t.Fatalf("PostgreSQL does not start: %v\n%.2000s", err, log.String())
		}
	}
}

// prelude gives every session the same settings, and a function that says what an
// expression over a row of v gives as text; an error is the text "error".
const prelude = `
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET client_min_messages = 'warning';
CREATE FUNCTION pg_temp.attempt(e text, r integer) RETURNS text LANGUAGE plpgsql AS $attempt$
DECLARE o text;
BEGIN
  EXECUTE 'SELECT (' || e || ')::text FROM v WHERE row_id = ' || r INTO o;
  RETURN coalesce(o, 'null');
EXCEPTION WHEN OTHERS THEN RETURN 'error';
END $attempt$;
`

// asks runs a script in one session and reads the JSON array that each line of
// its answer is.
func (s *server) asks(t *testing.T, script string) [][]string {
	t.Helper()
	out := s.must(t, []byte(prelude+script), "psql", "-X", "-q", "-A", "-t", "-h", s.dir, "-U", "weir", "-d", "postgres", "-v", "ON_ERROR_STOP=1")
	var all [][]string
	for line := range strings.Lines(string(out)) {
		var row []string
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, row)
	}
	return all
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
