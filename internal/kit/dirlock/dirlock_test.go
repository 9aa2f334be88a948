//go:build unix && !solaris && !aix

package dirlock_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/kit/dirlock"
)

const childDir = "WEIR_TEST_DIRLOCK_DIR"

// The test is its own second process: it locks, says so, and waits for the end
// of its input.
func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if _, err := dirlock.Lock(dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("locked")
	bufio.NewReader(os.Stdin).ReadString('\n')
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := dirlock.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	var taken *dirlock.HeldError
	if _, err := dirlock.Lock(dir); !errors.As(err, &taken) || taken.PID != os.Getpid() || taken.Dir != dir {
		t.Fatalf("%v", err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := dirlock.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

// Another process is refused and named, and its end, also by kill -9, frees
// the folder.
func TestAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("%q %v", line, err)
	}
	_, err = dirlock.Lock(dir)
	if err == nil {
		t.Fatal("two processes have the folder")
	}
	for _, want := range []string{dir, fmt.Sprintf("process %d", cmd.Process.Pid), "stop it first"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	held, err := dirlock.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	var held *dirlock.HeldError
	if _, err := dirlock.Lock(filepath.Join(t.TempDir(), "none")); err == nil || errors.As(err, &held) {
		t.Fatalf("%v", err)
	}
}
