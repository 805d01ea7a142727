/// The version of the program: in `--version`, `health` and the first line of the log.
package let programVersion = "0.8.0"
