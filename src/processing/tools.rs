//! What of ffmpeg and of the sandbox is on this machine.
use crate::lang::Message;
use crate::msg;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The tools that were found. Looking takes some tenths of a second: once when a worker starts, and again now and then
/// while something is lacking.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    pub ffmpeg: Option<PathBuf>,
    pub ffprobe: Option<PathBuf>,
    /// As it calls itself: `5.1.9-0+deb12u1`.
    pub version: String,
    pub has_x264: bool,
    pub has_aac: bool,
    /// Whether pictures with a high dynamic range can be brought to the common one.
    pub has_tone_mapping: bool,
    /// Present, and tried: whether it is usable depends on the kernel's settings and on the container around.
    pub bwrap: Option<PathBuf>,
    pub prlimit: Option<PathBuf>,
    pub nice: Option<PathBuf>,
    pub ionice: Option<PathBuf>,
    pub setpriv: Option<PathBuf>,
    /// For one ffmpeg.
    pub threads: usize,
}

/// Where programs are looked for besides `PATH`: a service may have a bare one.
const FOLDERS: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

impl Tools {
    /// Looks on this machine. `WEIXIAO_FFMPEG` names the folder of ffmpeg and ffprobe; `none` says that there are none.
    pub fn find() -> Tools {
        Tools::find_with(std::env::var_os("WEIXIAO_FFMPEG").as_deref())
    }
    /// [`Tools::find`] with the value of `WEIXIAO_FFMPEG`.
    pub fn find_with(folder: Option<&OsStr>) -> Tools {
        let (ffmpeg, ffprobe) = match folder {
            Some(none) if none == "none" => (None, None),
            Some(folder) if !folder.is_empty() => (in_folder(folder, "ffmpeg"), in_folder(folder, "ffprobe")),
            _ => (on_path("ffmpeg"), on_path("ffprobe")),
        };
        let mut tools = Tools {
            ffmpeg,
            ffprobe,
            prlimit: on_path("prlimit"),
            nice: on_path("nice"),
            ionice: on_path("ionice"),
            setpriv: on_path("setpriv"),
            threads: std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 8)),
            ..Tools::default()
        };
        let Some(ffmpeg) = tools.ffmpeg.clone() else { return tools };
        let asked = |question: &str| said(Command::new(&ffmpeg).args(["-hide_banner", question]));
        let encoders = asked("-encoders").unwrap_or_default();
        let filters = asked("-filters").unwrap_or_default();
        tools.version = asked("-version")
            .and_then(|text| Some(text.split_whitespace().nth(2)?.to_owned()))
            .unwrap_or_default();
        tools.has_x264 = names(&encoders, "libx264");
        tools.has_aac = names(&encoders, "aac");
        tools.has_tone_mapping = names(&filters, "zscale") && names(&filters, "tonemap");
        tools.bwrap = on_path("bwrap").filter(|bwrap| {
            said(Command::new(bwrap).args(super::run::walls(&ffmpeg)).arg(&ffmpeg).arg("-version")).is_some()
        });
        tools
    }
    /// Whether uploads can be converted here; otherwise only what browsers play as it is becomes a lecture.
    pub fn can_convert(&self) -> bool {
        self.ffmpeg.is_some() && self.ffprobe.is_some() && self.has_x264 && self.has_aac
    }
    /// Whether ffmpeg runs without network and sees no files but its own.
    pub fn is_walled(&self) -> bool {
        self.bwrap.is_some()
    }
    /// What is lost on this machine and what to install, most important first. Empty if nothing is lacking.
    pub fn lacks(&self) -> Vec<Message> {
        let mut lacks = Vec::new();
        if self.ffmpeg.is_none() || self.ffprobe.is_none() {
            lacks.push(msg!(
                "没有找到 ffmpeg 和 ffprobe：只有 H.264 的 MP4 能发布，没有多种清晰度、封面和预览图，其他视频要等装好后再处理。请安装：apt install ffmpeg"
            ));
            return lacks;
        }
        if !self.has_x264 || !self.has_aac {
            lacks.push(msg!(
                "ffmpeg 缺少 libx264 或 aac 编码器：视频不能转换。请换用系统软件源里的 ffmpeg：apt install ffmpeg"
            ));
        }
        if self.bwrap.is_none() {
            lacks.push(msg!(
                "bwrap 不能使用：ffmpeg 没有与网络和其他文件隔开，只有参数和资源的限制。请安装 bubblewrap，并允许非特权用户命名空间"
            ));
        }
        if self.prlimit.is_none() {
            lacks.push(msg!("没有 prlimit：ffmpeg 占用的内存、处理器时间和磁盘没有上限。请安装 util-linux"));
        }
        if self.nice.is_none() || self.ionice.is_none() {
            lacks.push(msg!("没有 nice 或 ionice：转换视频时网页可能变慢。请安装 coreutils 和 util-linux"));
        }
        if self.bwrap.is_none() && self.setpriv.is_none() {
            lacks.push(msg!("没有 setpriv：本程序被强行结束时，正在运行的 ffmpeg 会留下。请安装 util-linux"));
        }
        if !self.has_tone_mapping {
            lacks.push(msg!(
                "ffmpeg 没有 zscale 滤镜：手机录的 HDR 视频转换后颜色偏淡。请换用带 zimg 的 ffmpeg"
            ));
        }
        lacks
    }
}

fn in_folder(folder: &OsStr, name: &str) -> Option<PathBuf> {
    // Links are kept as they are: a program may be many programs that look at the name they were called by.
    std::path::absolute(Path::new(folder).join(name)).ok().filter(|path| path.is_file())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(FOLDERS.iter().map(PathBuf::from))
        .find_map(|folder| in_folder(folder.as_os_str(), name))
}

/// What a command prints, if it succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.env_clear().env("PATH", super::run::PATH).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether one of ffmpeg's lists has this name: ` V....D libx264   libx264 H.264 …`.
fn names(list: &str, name: &str) -> bool {
    list.lines().any(|line| line.split_whitespace().nth(1) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ffmpeg_it_says_what_to_install() {
        let tools = Tools::find_with(Some(OsStr::new("none")));
        assert!(!tools.can_convert());
        assert_eq!(tools.lacks().len(), 1);
        assert!(tools.lacks()[0].to_string().contains("apt install ffmpeg"));
    }

    #[test]
    fn a_list_has_whole_names() {
        let list = " V....D libx264              libx264 H.264\n V....D libx264rgb   x\n A....D aac  AAC\n";
        assert!(names(list, "libx264") && names(list, "aac"));
        assert!(!names(list, "libx265") && !names(list, "x264"));
    }
}
