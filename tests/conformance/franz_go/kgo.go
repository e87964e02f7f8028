// Package franzgo only names the module whose own tests test_franz_go.py runs.
package franzgo

import _ "github.com/twmb/franz-go/pkg/kgo"
