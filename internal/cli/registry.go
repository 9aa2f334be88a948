package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/importer"
)

func (c *cli) registryNoun() *cobra.Command {
	return noun("registry", "The schema registry as a whole", c.registryImport())
}

func (c *cli) registryImport() *cobra.Command {
	cmd := &cobra.Command{
		Use: "import URL", Short: "Copy another schema registry into this one", Args: exactly(1),
		Long: `Copies another registry that speaks Confluent's API into the node's, as a mesh
admin: subjects with their versions and ids, what was deleted softly,
configurations and modes. URL is the address that serialisers are given.

Both are read first. If something is in the way, such as an id that is another
schema's here, it is named and nothing is written. Run it again after it was
broken off: it writes only what is missing. Until it is through, the subjects
that it writes are in mode IMPORT. At the end everything is read again and
compared; the exit code is 1 if something differs.

The password is read from a file or from WEIR_IMPORT_PASSWORD, the user also
from WEIR_IMPORT_USER.`,
		Example: "  weir registry import http://127.0.0.1:8081 --dry-run\n" +
			"  weir registry import https://registry.example.com --user reader --password-file secret.txt",
	}
	var from importFrom
	var cfg importer.Config
	f := cmd.Flags()
	f.StringVar(&from.user, "user", "", "the user to log in there as")
	f.StringVar(&from.passwordFile, "password-file", "", "a file with the password")
	f.StringVar(&cfg.Prefix, "subjects", "", "only subjects whose names begin so")
	f.BoolVar(&cfg.DryRun, "dry-run", false, "only say what would be written, or what is in the way")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if cfg.From, err = c.foreign(args[0], from); err != nil {
			return err
		}
		defer cfg.From.Close()
		cl, err := c.client()
		if err != nil {
			return err
		}
		defer cl.Close()
		cfg.To = cl.Registry().Because("import of " + args[0])
		return c.importAll(cmd.Context(), cfg)
	}
	return cmd
}

// importFrom is how to log in at the other registry.
type importFrom struct{ user, passwordFile string }

func (c *cli) foreign(url string, from importFrom) (*client.Registry, error) {
	login := client.RegistryLogin{User: from.user, Password: c.env("WEIR_IMPORT_PASSWORD")}
	if login.User == "" {
		login.User = c.env("WEIR_IMPORT_USER")
	}
	if from.passwordFile != "" {
		b, err := readSecret(from.passwordFile)
		if err != nil {
			return nil, err
		}
		login.Password = b
	}
	if login.User == "" && login.Password != "" {
		return nil, errors.New("a password without a user; give --user NAME or WEIR_IMPORT_USER")
	}
	return client.OpenRegistry(url, login)
}

// readSecret is the first line of a file.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimRight(line, "\r"), err
}

func (c *cli) importAll(ctx context.Context, cfg importer.Config) error {
	p := &progressLine{out: c.Err, now: time.Now}
	if f, ok := c.Err.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	cfg.Progress = p.tell
	report, err := importer.Run(ctx, cfg)
	p.end()
	for _, n := range report.Notes {
		fmt.Fprintln(c.Err, "note: "+printable(n))
	}
	var o importer.Obstacles
	switch {
	case errors.As(err, &o):
		return errors.New(printableLines(o.Error()))
	case err != nil:
		return fmt.Errorf("%w\nthe import is not through; run it again, it goes on where it ended", err)
	}
	if err := c.printImport(report, cfg.DryRun); err != nil {
		return err
	}
	if !report.Equal() {
		return errors.New("the two registries are not the same")
	}
	return nil
}

func (c *cli) printImport(r importer.Report, dry bool) error {
	if c.format != "table" {
		return c.printValue(r)
	}
	did := "written"
	if dry {
		did = "to be written"
	}
	p := r.Planned
	c.said("%s: %d versions, %d soft deletes, %d configurations and %d modes, in %d subjects", did, p.Versions, p.Deletes, p.Configs, p.Modes, p.Subjects)
	if dry {
		return nil
	}
	return printAll(c, r.Rows, []column[importer.Row]{
		{"WHAT", func(r importer.Row) string { return r.What }},
		{"THERE", func(r importer.Row) string { return strconv.Itoa(r.There) }},
		{"EQUAL", func(r importer.Row) string { return strconv.Itoa(r.Equal) }},
		{"DIFFERENT", func(r importer.Row) string { return strconv.Itoa(len(r.Different)) }},
		{"WHICH", func(r importer.Row) string { return r.Names() }},
	})
}

// progressLine tells how far something long is: on a terminal in one line that
// changes, else in a line every few seconds.
type progressLine struct {
	out      io.Writer
	now      func() time.Time
	terminal bool

	mu    sync.Mutex
	last  time.Time
	shown bool
}

const (
	onTerminal = 100 * time.Millisecond
	elsewhere  = 5 * time.Second
)

func (l *progressLine) tell(p importer.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	every, form := elsewhere, "%s %d of %d\n"
	if l.terminal {
		every, form = onTerminal, "\r%s %d of %d\x1b[K"
	}
	now := l.now()
	if l.last.IsZero() {
		l.last = now
	}
	if now.Sub(l.last) < every {
		return
	}
	l.last, l.shown = now, true
	fmt.Fprintf(l.out, form, p.Part, p.Done, p.Total)
}

// end clears the line.
func (l *progressLine) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown && l.terminal {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
