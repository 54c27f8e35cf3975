//! Runs that are ended from outside: what was judged is written, and nothing stays behind.
#![cfg(target_os = "linux")]

mod support;

use std::fs::{read_dir, read_to_string};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bufcheck_model::report::Report;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Long enough for any machine; what is waited for comes at once or never.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A run that checks one exporter and then computes for ever in another.
struct Endless {
    folder: TempDir,
    child: Child,
    workers: Vec<u32>,
}

impl Endless {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("tmp")).expect("a folder");
        let struck = folder.path().join("struck");
        let module = format!(
            "import subprocess\n\ndef make():\n    words = ['sh', '-c', 'sleep 1000; :', '{}']\n    \
             subprocess.Popen(words)\n    subprocess.Popen(words, start_new_session=True)\n    \
             open('{}', 'w').close()\n    while True:\n        pass\n",
            folder.path().display(),
            struck.display()
        );
        std::fs::write(folder.path().join("endless.py"), module).expect("a module");
        let config = "[[exporter]]\nid = \"fine\"\nmake = \"builtins:bytes(3)\"\n\n[[exporter]]\nid = \"endless\"\n\
                      make = \"endless:make()\"\n";
        std::fs::write(folder.path().join("bufcheck.toml"), config).expect("a configuration");
        // Whoever runs the tests in the background may ignore these signals, and a program inherits that.
        let child = Command::new("env")
            .arg("--default-signal=INT,TERM,HUP")
            .arg(env!("CARGO_BIN_EXE_bufcheck"))
            .args("run --jobs 1 --timeout 80000 --json r.json --junit r.xml --sarif r.sarif".split(' '))
            .current_dir(folder.path())
            .env("BUFCHECK_WORKER", support::worker())
            .env("TMPDIR", folder.path().join("tmp"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        wait_until("the second exporter is asked", || struck.exists());
        let workers = children(child.id());
        assert!(!workers.is_empty());
        let run = Self {
            folder,
            child,
            workers,
        };
        wait_until("both have their words", || run.started() == 2);
        run
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn send(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it runs");
    }

    /// How many processes run that the exporter started: the folder is one of their words.
    fn started(&self) -> usize {
        let folder = self.folder.path().as_os_str().as_encoded_bytes();
        let processes = read_dir("/proc").expect("it is there").flatten();
        let commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        commands
            .filter(|command| command.split(|byte| *byte == 0).any(|word| word == folder))
            .count()
    }

    /// How it ended; no worker and no file of it is left.
    fn leaves_nothing(&mut self) -> Option<i32> {
        let status = self.child.wait().expect("it is ours").code();
        for worker in &self.workers {
            wait_until("the worker ends as well", || !runs(*worker));
        }
        wait_until("what the exporter started ends as well", || self.started() == 0);
        let left: Vec<_> = read_dir(self.path("tmp")).expect("a folder").collect();
        assert!(left.is_empty(), "{left:?}");
        status
    }
}

/// The processes that the threads of a process have started.
fn children(process: u32) -> Vec<u32> {
    let tasks = read_dir(format!("/proc/{process}/task")).expect("it runs");
    let of = |task: std::fs::DirEntry| read_to_string(task.path().join("children")).unwrap_or_default();
    let text: String = tasks.flatten().map(of).collect();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Whether the process is there and no zombie.
fn runs(process: u32) -> bool {
    let stat = read_to_string(Path::new("/proc").join(process.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}

#[test]
fn a_signal_ends_the_run_and_what_was_judged_is_written() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut run = Endless::start();
        run.send(signal);
        assert_eq!(run.leaves_nothing(), Some(status), "{signal:?}");
        let text = read_to_string(run.path("r.json")).expect("a report");
        let report: Report = serde_json::from_str(&text).expect("a report");
        let judged: Vec<&str> = report
            .subjects
            .iter()
            .map(|subject| subject.id.as_str())
            .collect();
        assert_eq!((judged, report.interrupted), (vec!["fine"], true));
        assert!(
            read_to_string(run.path("r.xml"))
                .expect("a report")
                .contains("interrupted")
        );
        assert!(
            read_to_string(run.path("r.sarif"))
                .expect("a report")
                .contains("interrupted")
        );
    }
}

#[test]
fn a_run_that_is_killed_takes_its_workers_along_and_leaves_no_file() {
    let mut run = Endless::start();
    run.send(Signal::KILL);
    assert_eq!(run.leaves_nothing(), None);
}
